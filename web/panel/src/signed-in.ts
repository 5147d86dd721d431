/*
 * Where the issuer leads the pop-up back to. It hands the answer to the page that opened it, of this origin alone, and
 * closes. What it hands over is of use to nobody without the verifier, which that page has in its memory.
 */
const answer = { countersign: 'signed-in', search: location.search };
history.replaceState(null, '', location.pathname);
(opener as Window | null)?.postMessage(answer, location.origin);
close();
