/**
 * The button whose key was pressed: Alt and a letter, so that no letter alone does anything in a text field. A Mac gives
 * another character for Alt and a letter; there the place of the key counts.
 *
 * @returns null where no button that can be pressed has that key
 */
export function pressedButton(event: KeyboardEvent, root: ParentNode): HTMLButtonElement | null {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat || event.isComposing)
    return null;
  const letter = /^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : event.code.replace(/^Key(?=[A-Z]$)/, '');
  if (!/^[A-Z]$/.test(letter)) return null;
  const buttons = [...root.querySelectorAll<HTMLButtonElement>(`button[data-key=${letter}]`)];
  return buttons.find((button) => button.closest('[inert]') === null && button.checkVisibility()) ?? null;
}
