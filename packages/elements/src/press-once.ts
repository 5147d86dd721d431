/** What Enter presses; in a text of several lines it is a line break. */
const PRESSED_BY_ENTER = 'a, button, summary, select, input';

/**
 * From now on one press does one thing in an element and all that it holds: the second click of a double click does
 * nothing, nor does Enter while it is held. By then the first may have made another control of what lies there.
 */
export function pressOnce(root: HTMLElement): void {
  root.addEventListener('click', ignoreSecondClick, { capture: true });
  root.addEventListener('keydown', ignoreHeldEnter, { capture: true });
}

function ignoreSecondClick(event: MouseEvent): void {
  if (event.detail < 2 || !event.composedPath().some((one) => one instanceof Element && one.matches('a, button')))
    return;
  event.preventDefault();
  event.stopPropagation();
}

function ignoreHeldEnter(event: KeyboardEvent): void {
  const [innermost] = event.composedPath();
  if (!event.repeat || event.key !== 'Enter') return;
  if (innermost instanceof Element && innermost.matches(PRESSED_BY_ENTER)) event.preventDefault();
}
