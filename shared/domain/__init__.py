"""The words of the bridge, as types.

Terminology
-----------
item            a file or folder in a drive (Graph: driveItem); a working file while people edit it
asset           a file plus its rights and metadata in CELUM; the governed master
collection      where assets stand in CELUM; an asset may stand in several
column          a list-item field of a SharePoint library;  field: an information field in CELUM
content         what a file holds, named by its signature; an approval belongs to a content, not to a file
link            the ledger's row of truth about one file under one flow
facts           what was read about a file before something is decided about it
decision        ignore, wait, hold or do, with reasons; made purely from flow, facts and link
transfer        the carrying out of one decision, step by step, with checkpoints
echo            a change signal caused by our own write
"""
