import type { Session } from '../session/session.js';

/** Saves what an address of the service gives, by a link that opens it once: no token stands in an address. */
export async function saveFile(session: Session, path: string): Promise<void> {
  const { url } = await session.client.post('/v1/downloads', { body: { path } });
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  document.body.append(link);
  link.click();
  link.remove();
}
