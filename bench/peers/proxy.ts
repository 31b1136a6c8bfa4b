/** A plain reverse proxy that adds a constant header. */
import { createServer } from 'node:http';
import { Agent, request as send } from 'undici';
import { answering } from './answering';
import { listening } from './listening';

answering({
  start({ upstream }: { upstream: string }) {
    const dispatcher = new Agent();
    return listening(
      createServer(async (request, response) => {
        const answer = await send(`${upstream}${request.url}`, {
          dispatcher,
          method: request.method as 'POST',
          headers: { 'content-type': request.headers['content-type'], authorization: 'Bearer token-of-bench' },
          body: request,
        });
        response.writeHead(answer.statusCode, answer.headers);
        answer.body.pipe(response);
      }),
    );
  },
});
