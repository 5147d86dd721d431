import type { en } from './en.js';

export type MessageKey = keyof typeof en;
/** One language: each message of English, in its words. */
export type Messages = { readonly [Key in MessageKey]: (typeof en)[Key] extends string ? string : readonly string[] };

/** The messages that are one text. */
export type TextKey = { [Key in MessageKey]: Messages[Key] extends string ? Key : never }[MessageKey];
/** The messages that are lists. */
export type ListKey = Exclude<MessageKey, TextKey>;
