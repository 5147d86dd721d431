import { type Connection, texts } from '@countersign/device';

/** The bank's own words, by kind and stable code, as `GET /v1/texts` gives them. What it does not have is the element's. */
export class ServiceTexts {
  readonly #texts: Readonly<Record<string, unknown>>;

  constructor(given: Readonly<Record<string, unknown>>) {
    this.#texts = given;
  }

  /** The words for a code of a kind, such as a reason's; null where the bank has none. */
  of(kind: 'questions' | 'reasons' | 'findings', code: string): string | null {
    const group = this.#texts[kind];
    if (typeof group !== 'object' || group === null || !Object.hasOwn(group, code)) return null;
    const words: unknown = (group as Record<string, unknown>)[code];
    return typeof words === 'string' && words !== '' ? words : null;
  }

  /** What the bank never asks for; null where it says nothing. */
  get neverAsk(): readonly string[] | null {
    const list = this.#texts['neverAsk'];
    return Array.isArray(list) && list.length > 0 && list.every((one) => typeof one === 'string') ? list : null;
  }
}

/** The bank's words; null where it has none to give. */
export async function loadTexts(connection: Connection): Promise<ServiceTexts | null> {
  return texts(connection, connection.locale).then(
    (given) => new ServiceTexts(given),
    () => null,
  );
}
