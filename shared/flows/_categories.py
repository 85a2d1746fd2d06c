"""The file categories that flows speak of, told by extension first and by MIME type where the extension is unknown."""

from __future__ import annotations

_EXTENSIONS = {
    "image": "jpg jpeg png gif tif tiff bmp webp heic heif avif svg psd psb ai eps raw cr2 cr3 nef arw dng exr jp2",
    "video": "mp4 mov m4v avi mkv webm wmv mpg mpeg mxf mts m2ts",
    "audio": "mp3 wav aac m4a flac ogg aif aiff wma opus",
    "document": "pdf doc docx docm dot dotx xls xlsx xlsm xltx ppt pptx pptm potx ppsx odt ods odp rtf vsdx pages "
    "numbers key indd indt idml epub",
    "text": "txt md csv tsv json xml yaml yml html htm srt vtt log",
    "model3d": "obj fbx glb gltf stl usd usdz 3ds blend step stp dae ply c4d",
}
CATEGORIES = tuple(_EXTENSIONS)
_BY_EXTENSION = {extension: category for category, listed in _EXTENSIONS.items() for extension in listed.split()}
_BY_MIME = {"image": "image", "video": "video", "audio": "audio", "text": "text", "model": "model3d"}
PICTURE_EXTENSIONS = frozenset(("jpg", "jpeg", "jpe", "png", "tif", "tiff"))  # whose headers are read for their pixels
OFFICE_EXTENSIONS = frozenset(
    (
        *("docx", "docm", "dotx", "dotm"),
        *("xlsx", "xlsm", "xltx", "xltm"),
        *("pptx", "pptm", "potx", "potm", "ppsx", "ppsm"),
    )
)  # the packages that hold document properties
EMBEDDED_EXTENSIONS = frozenset({"jpg", "jpeg", "png", "tif", "tiff", "pdf"})  # what may carry XMP or IPTC


def extension_of(name: str) -> str:
    """Lower case, without the dot; "" where there is none."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def category_of(name: str, mime_type: str | None) -> str | None:
    known = _BY_EXTENSION.get(extension_of(name))
    return known or _BY_MIME.get((mime_type or "").partition("/")[0])


def is_of_types(name: str, mime_type: str | None, types: tuple[str, ...]) -> bool:
    """`types` are categories and extensions with their dot; none means all."""
    return not types or category_of(name, mime_type) in types or f".{extension_of(name)}" in types
