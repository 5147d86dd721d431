/**
 * Presses the control of a key: a digit alone, which opens a screen, or Alt and a letter, which does what is written on
 * the control. A digit does nothing while text is typed, nor where somebody has switched digits off (WCAG 2.1.4). A Mac
 * gives another character for Alt and a letter; there the place of the key counts.
 */
export function pressByKey(event: KeyboardEvent, root: ParentNode, digits: boolean): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented || event.repeat) return;
  const key = event.altKey
    ? letterOf(event)
    : digits && !isTyping(event) && /^[1-9]$/.test(event.key)
      ? event.key
      : null;
  if (key === null) return;
  const control = [...root.querySelectorAll<HTMLElement>(`[data-key="${key}"]`)].find((one) => one.checkVisibility());
  if (!control) return;
  event.preventDefault();
  control.click();
}

function letterOf({ key, code }: KeyboardEvent): string | null {
  const letter = /^[a-z]$/i.test(key) ? key : code.replace(/^Key(?=[A-Z]$)/, '');
  return /^[a-z]$/i.test(letter) ? letter.toLowerCase() : null;
}

function isTyping(event: KeyboardEvent): boolean {
  const [innermost] = event.composedPath();
  return (
    innermost instanceof HTMLElement &&
    (innermost.matches('input:not([type=checkbox]):not([type=radio]), textarea, select') || innermost.isContentEditable)
  );
}
