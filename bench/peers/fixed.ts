/** The least a server can do: writes bytes that were finished before. */
import { createServer } from 'node:http';
import { answering } from './answering';
import { listening } from './listening';

answering({
  start({ answer }: { answer: string }) {
    const bytes = Buffer.from(answer);
    const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length };
    return listening(
      createServer((request, response) => {
        request.resume();
        response.writeHead(200, headers).end(bytes);
      }),
    );
  },
});
