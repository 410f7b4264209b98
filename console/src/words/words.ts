/** What a translation of `T` has to have: every key of it, but no `_one`, where a language has one plural form. */
export type Words<T> = {
  [K in keyof T as K extends `${string}_one` ? never : K]: T[K] extends string ? string : Words<T[K]>;
};
