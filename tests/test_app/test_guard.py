"""Nothing too large gets in, and nothing sends a browser elsewhere."""

import asyncio

from mmgenprior.app.guard import HEADERS, Guard


async def count(scope, receive, send):
    """Answers with the length of the body."""
    total, more = 0, True
    while more:
        message = await receive()
        total += len(message.get('body', b''))
        more = message.get('more_body', False)
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'a', b'b')]})
    await send({'type': 'http.response.body', 'body': str(total).encode()})


def asked(parts, length=None, most=10):
    """Status, headers and body of the answer to a request of these parts."""
    said = []
    coming = list(parts)

    async def receive():
        return {'type': 'http.request', 'body': coming.pop(0), 'more_body': bool(coming)}

    async def send(message):
        said.append(message)

    headers = [] if length is None else [(b'content-length', str(length).encode())]
    asyncio.run(Guard(count, most)({'type': 'http', 'headers': headers}, receive, send))
    assert [m['type'] for m in said] == ['http.response.start', 'http.response.body']
    return said[0]['status'], dict(said[0]['headers']), said[1]['body']


def test_what_is_small_passes_with_headers():
    status, headers, body = asked([b'12345', b'67890'], 10)
    assert (status, body) == (200, b'10') and headers[b'a'] == b'b'
    policy = headers[b'content-security-policy'].decode()
    assert policy == HEADERS['content-security-policy'] and 'http' not in policy
    assert headers[b'referrer-policy'] == b'no-referrer'


def test_what_is_large_is_refused():
    assert asked([b''], 11)[0] == 413  # by its length, without reading
    assert asked([b'12345', b'67890', b'1'])[0] == 413  # without one, as it comes
    assert asked([b'12345'], 5)[0] == 200
