import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
const webhook = new Webhook(process.env.WEBHOOK_SECRET);
createServer(async (request, response) => {
  const body = await request.setEncoding('utf8').reduce((whole, part) => whole + part, '');
  try {
    console.log(JSON.stringify(webhook.verify(body, request.headers)));
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
}).listen(4000, '127.0.0.1', () => console.log('Listening.'));
