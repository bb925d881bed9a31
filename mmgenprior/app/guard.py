"""What stands before gradio: no request is too large, and no browser is sent elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

# The page's own code is inline, and its workers are blobs; nothing comes from any other server.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    'content-security-policy': _POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
}


class Guard:
    """ASGI middleware: refuses bodies over a size, adds the headers above to every answer.

    Args:
        app: What it stands before.
        most_bytes: Of a request's body.
    """

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self.app = app
        self.most_bytes = most_bytes

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope['type'] != 'http':
            await self.app(scope, receive, send)
            return
        told = dict(scope['headers']).get(b'content-length', b'')
        if told.isdigit() and int(told) > self.most_bytes:
            await _refuse(send)
            return
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get('body', b''))
            if seen > self.most_bytes:
                raise _TooLarge
            return message

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message['type'] == 'http.response.start':
                started = True
                own = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
                message = {**message, 'headers': [*message.get('headers', ()), *own]}
            await send(message)

        try:
            await self.app(scope, counted, with_headers)
        except _TooLarge:
            if not started:
                await _refuse(send)


class _TooLarge(Exception):
    """A body without a length turned out to be too long."""


async def _refuse(send: Send) -> None:
    text = b'the request is too large'
    headers = [(b'content-type', b'text/plain'), (b'content-length', str(len(text)).encode())]
    await send({'type': 'http.response.start', 'status': 413, 'headers': headers})
    await send({'type': 'http.response.body', 'body': text})
