"""HTTP servers of the hub: two ASGI shells that read a body whole, under a deadline, before it costs a thread.

`web` (`erpsync.asgi`) gives whole requests to Django's WSGI application, `receiver` (`erpsync.receiver`) gives webhooks to
`integrations.inbox.receive`. The server below (granian) waits for a body for ever, on purpose: see its issue 728.
"""
