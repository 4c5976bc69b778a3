"""Sitoo as a local server: one account with one site, its REST API, its event feed, and the tills that move its stock.

In process, on virtual time::

    clock = VirtualTime()
    state = SitooState(clock)                       # account 90123, site 1, API users 90123-1:sandbox-1 and 90123-2:sandbox-2
    state.add_warehouse(1, "Alpha", store_id=1)
    state.add_product("CAP")
    state.receive(1, {"CAP": 5})
    state.events(url="https://hook", user="u", password="p", post=lambda url, headers, body: 200)
    http = httpx.Client(transport=InProcessTransport(create_app(state, clock)), base_url="https://sitoo/v2/accounts/90123", auth=(…))

As a process: `python -m sandbox.sitoo --port 8902 --account 90123 --api-user 90123-1:word`; it prints `ready <base URL>`. Every public
method of `SitooState` is also `POST /_control/<method>` with its arguments as a JSON object. What is uncertain about Sitoo is a field of `Modes`.
"""
