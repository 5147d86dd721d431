import { type ModulusRule, type ModulusWeights, rulesFor } from './uk-modulus-weights.js';

/** `not_covered`: the table has no rule for the sort code, so the pair can be neither confirmed nor refused. */
export type ModulusResult = 'valid' | 'invalid' | 'not_covered';

/** The positions of digits, by the letters that the specification gives them: u–z sort code, a–h account number. */
const POSITION = { a: 6, b: 7, c: 8, g: 12, h: 13 } as const;

/** First checks with one of these exceptions are enough by themselves; where they fail, the second may still pass. */
const EITHER_CHECK: ReadonlySet<number | null> = new Set([2, 10, 12]);

const EXCEPTION_2 = [0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1];
const EXCEPTION_2_G9 = [0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1];

/**
 * The modulus check of Vocalink's "Validating Account Numbers" (v8.50), exceptions 1 to 14.
 *
 * @param sortCode 6 digits
 * @param accountNumber 8 digits
 */
export function checkModulus(sortCode: string, accountNumber: string, table: ModulusWeights): ModulusResult {
  const [first, second] = rulesFor(sortCode, table);
  if (first === undefined) return 'not_covered';
  const passes = (rule: ModulusRule) => passesRule(rule, sortCode, accountNumber, table);
  if (second === undefined) return passes(first) ? 'valid' : 'invalid';
  const valid = EITHER_CHECK.has(first.exception) ? passes(first) || passes(second) : passes(first) && passes(second);
  return valid ? 'valid' : 'invalid';
}

function passesRule(rule: ModulusRule, sortCode: string, accountNumber: string, table: ModulusWeights): boolean {
  const digits = [...checkedSortCode(rule, sortCode, table), ...accountNumber].map(Number);
  const at = (letter: keyof typeof POSITION): number => digits[POSITION[letter]] ?? 0;
  if (isExempt(rule, at)) return true;
  const remainder = remainderOf(rule, digits, weightsFor(rule, at));
  switch (rule.exception) {
    case 4:
      return remainder === at('g') * 10 + at('h');
    case 5:
      // Remainder 1 of 11 would ask for a 10, which is no digit: such a number is invalid.
      return rule.method === 'DBLAL' ? (10 - remainder) % 10 === at('h') : (11 - remainder) % 11 === at('g');
    case 14:
      return remainder === 0 || passesShifted(rule, digits, at('h'));
    case null:
    default:
      return remainder === 0;
  }
}

/** Exceptions 5, 8 and 9 check another sort code than the one given. */
function checkedSortCode({ exception }: ModulusRule, sortCode: string, { substitutions }: ModulusWeights): string {
  if (exception === 5) return substitutions.get(sortCode) ?? sortCode;
  if (exception === 8) return '090126';
  if (exception === 9) return '309634';
  return sortCode;
}

/** Exception 3 leaves its check out, and exception 6 is of foreign currency accounts, which cannot be checked. */
function isExempt({ exception }: ModulusRule, at: (letter: keyof typeof POSITION) => number): boolean {
  if (exception === 3) return at('c') === 6 || at('c') === 9;
  if (exception === 6) return at('a') >= 4 && at('a') <= 8 && at('g') === at('h');
  return false;
}

function weightsFor(
  { exception, weights }: ModulusRule,
  at: (letter: keyof typeof POSITION) => number,
): readonly number[] {
  if (exception === 2 && at('a') !== 0) return at('g') === 9 ? EXCEPTION_2_G9 : EXCEPTION_2;
  const ab = at('a') * 10 + at('b');
  const leavesOutToB = at('g') === 9 && (exception === 7 || (exception === 10 && (ab === 9 || ab === 99)));
  return leavesOutToB ? weights.map((weight, position) => (position <= POSITION.b ? 0 : weight)) : weights;
}

/** Exception 14 (Coutts): the account number once more without its last digit, which has to be 0, 1 or 9. */
function passesShifted(rule: ModulusRule, digits: readonly number[], h: number): boolean {
  if (h !== 0 && h !== 1 && h !== 9) return false;
  const shifted = [...digits.slice(0, POSITION.a), 0, ...digits.slice(POSITION.a, POSITION.h)];
  return remainderOf(rule, shifted, rule.weights) === 0;
}

function remainderOf(
  { method, exception }: ModulusRule,
  digits: readonly number[],
  weights: readonly number[],
): number {
  const products = digits.map((digit, position) => digit * (weights[position] ?? 0));
  const sum = products.reduce((total, product) => total + (method === 'DBLAL' ? digitSum(product) : product), 0);
  const total = exception === 1 ? sum + 27 : sum;
  const modulus = method === 'MOD11' ? 11 : 10;
  return ((total % modulus) + modulus) % modulus;
}

function digitSum(product: number): number {
  return [...String(Math.abs(product))].reduce((sum, digit) => sum + Number(digit), 0) * Math.sign(product);
}
