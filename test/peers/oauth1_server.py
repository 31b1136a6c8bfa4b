"""A real OAuth 1 provider on loopback for tests: http.server around oauthlib (Debian: python3-oauthlib), all in memory.

Prints its port when it is ready, and ends when its standard input does.
"""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from oauthlib.oauth1 import (SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT, OAuth1Error,
                             RequestValidator, WebApplicationServer)


class Validator(RequestValidator):
    """Knows the clients and tokens it is given, and remembers every nonce."""

    allowed_signature_methods = (SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT)
    enforce_ssl = False
    nonce_length = (8, 64)
    dummy_client = 'nobody'
    dummy_request_token = 'none'
    dummy_access_token = 'none'

    def __init__(self):
        super().__init__()
        self.clients = {}  # key -> secret
        self.requested = {}  # temporary token -> facts
        self.tokens = {}  # token -> (client key, secret)
        self.nonces = set()

    def check_client_key(self, client_key):
        return client_key != ''

    check_request_token = check_access_token = check_verifier = check_client_key

    def get_client_secret(self, client_key, request):
        return self.clients.get(client_key, 'unknown')

    def get_request_token_secret(self, client_key, token, request):
        return self.requested.get(token, {}).get('secret', 'unknown')

    def get_access_token_secret(self, client_key, token, request):
        return self.tokens.get(token, (None, 'unknown'))[1]

    def validate_client_key(self, client_key, request):
        return client_key in self.clients

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, request_token=None,
                                     access_token=None):
        seen = (client_key, timestamp, nonce, request_token or access_token)
        is_new = seen not in self.nonces
        self.nonces.add(seen)
        return is_new

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri.startswith(('http://', 'https://'))

    def validate_request_token(self, client_key, token, request):
        return self.requested.get(token, {}).get('client') == client_key

    def validate_verifier(self, client_key, token, verifier, request):
        return verifier is not None and self.requested.get(token, {}).get('verifier') == verifier

    def validate_access_token(self, client_key, token, request):
        return self.tokens.get(token, (None, None))[0] == client_key

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def check_realms(self, realms):
        return True

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def verify_realms(self, token, realms, request):
        return True

    def verify_request_token(self, token, request):
        return token in self.requested

    def get_redirect_uri(self, token, request):
        return self.requested[token]['callback']

    def save_request_token(self, token, request):
        self.requested[token['oauth_token']] = {'secret': token['oauth_token_secret'], 'client': request.client_key,
                                                'callback': request.redirect_uri}

    def save_verifier(self, token, verifier, request):
        self.requested[token]['verifier'] = verifier['oauth_verifier']

    def invalidate_request_token(self, client_key, request_token, request):
        del self.requested[request_token]

    def save_access_token(self, token, request):
        self.tokens[token['oauth_token']] = (request.client_key, token['oauth_token_secret'])


validator = Validator()
provider = WebApplicationServer(validator)

PAGE = '''<!doctype html><title>Consent</title><form method="post" action="/authorize">
<input type="hidden" name="oauth_token" value="%s"><button name="decision" value="consent">Yes</button></form>'''


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1  # head and body in one segment: in two, the second waits for an acknowledgement

    def log_message(self, *_):
        pass

    def answer(self, status, body='', headers=None):
        sent = (body or '').encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(sent)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(sent)

    def answer_json(self, value, status=200):
        self.answer(status, json.dumps(value), {'Content-Type': 'application/json'})

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
        path = urlsplit(self.path).path
        request = ('http://%s%s' % (self.headers['Host'], self.path), self.command, body, dict(self.headers))
        if path == '/known':
            known = json.loads(body)
            validator.clients.update(known.get('clients', {}))
            validator.tokens.update({token: tuple(facts) for token, facts in known.get('tokens', {}).items()})
            return self.answer(204)
        if path == '/verify':
            return self.answer_json([self.verify(*one) for one in json.loads(body)])
        if path == '/initiate':
            headers, text, status = provider.create_request_token_response(*request)
            return self.answer(status, text, headers)
        if path == '/token':
            headers, text, status = provider.create_access_token_response(*request)
            return self.answer(status, text, headers)
        if path == '/authorize':
            return self.authorize(request, body)
        return self.resource(request, path, body)

    @staticmethod
    def verify(uri, method, body, headers):
        """Whether all is well, and whether the signature is: null when it did not come to that."""
        accepted, seen = provider.validate_protected_resource_request(uri, method, body, headers)
        return {'accepted': bool(accepted), 'signature': seen and seen.validator_log.get('signature')}

    def authorize(self, request, body):
        try:
            if self.command == 'GET':
                _, credentials = provider.get_realms_and_credentials(request[0])
                return self.answer(200, PAGE % credentials['resource_owner_key'], {'Content-Type': 'text/html'})
            form = dict(parse_qsl(body))
            token, decision = form['oauth_token'], form['decision']
            if decision != 'consent':
                refusal = {'denied': {'denied': token}}.get(decision, {'oauth_token': token, 'oauth_problem': decision})
                return self.redirect(validator.get_redirect_uri(token, None), refusal)
            uri = 'http://%s/authorize?%s' % (self.headers['Host'], urlencode({'oauth_token': token}))
            headers, text, status = provider.create_authorization_response(uri)
            return self.answer(status, text, headers)
        except OAuth1Error as error:
            return self.answer(400, error.urlencoded)

    def redirect(self, uri, parameters):
        self.answer(302, '', {'Location': '%s%s%s' % (uri, '&' if '?' in uri else '?', urlencode(parameters))})

    def resource(self, request, path, body):
        accepted, seen = provider.validate_protected_resource_request(*request)
        if not accepted:
            return self.answer(401, 'The signature or the token is wrong.')
        if path == '/revoke':
            del validator.tokens[seen.resource_owner_key]
        return self.answer_json({'method': self.command, 'path': path, 'body': body,
                                 'query': parse_qs(urlsplit(self.path).query, keep_blank_values=True),
                                 'signatureMethod': seen.signature_method})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_one


server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
