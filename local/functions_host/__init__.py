"""A Functions host for one machine: Microsoft's Python worker library, real HTTP, timers and queues on Azurite.

What it does follows the documented rules of the platform: settings and `%NAME%`, host.json and its limits, routes,
keys and status codes, NCRONTAB with past-due runs, leases, retries and poison queues.

What it does not prove, so that only a run in a real subscription can:

* identity connections, role assignments, network rules, Key Vault references: storage is a connection string here
* Easy Auth: nobody signs in, and `X-MS-CLIENT-PRINCIPAL*` headers are passed on instead of being stripped
* scale-out, target-based scaling, dynamic concurrency, and the singleton lock of timers: there is one instance
* the limits of the platform: memory, 230 s for an HTTP answer, stops by scale-in and site updates, cold start
* a time-out that restarts the worker: here an `async def` run is cancelled, a `def` run fails but its thread goes on
* retry policies (`@app.retry`), deferred (SDK type) bindings, HTTP streaming, triggers other than HTTP, timer and queue
* constraints of routes (`{id:int}`, refused here), CORS, proxies, TLS, the `/admin` and `/runtime` endpoints
* OpenTelemetry export, Application Insights, sampling, and the filters in host.json under `logging`
* that the .NET host reads host.json, the extension bundle and the package as this one does
* `functionTimeout` under a time scale (it stays real time); the immediate poll after an output to an own queue
* under a time scale: order and spacing of anything shorter than a second, since storage counts whole seconds

`azure_functions_runtime.native_invocation` is internal API of the worker library; its version is pinned.
"""
