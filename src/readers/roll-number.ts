import { readTyped } from './typed.js';

const MOST_TYPED = 60;
/** What building societies give out, and the field for it in payments takes (18 characters, as the references of Bacs). */
const ROLL_NUMBER = /^(?=.{1,18}$)(?=.*[A-Z0-9])[A-Z0-9 ./-]+$/;

/**
 * A building society's roll number, which tells one of its accounts from others behind the same sort code and account
 * number: letters, digits, spaces, hyphens, points and slashes, in capital letters. Null where it is none.
 */
export function readRollNumber(text: string): string | null {
  const typed = readTyped(text, MOST_TYPED)?.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return typed !== undefined && ROLL_NUMBER.test(typed) ? typed : null;
}

/** The form in which two are the same: spaces and punctuation only help the eye. */
export function rollNumberKey(rollNumber: string): string {
  return rollNumber.replace(/[^A-Z0-9]/g, '');
}
