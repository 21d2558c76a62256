/** What stands in the place of a secret. */
export const MASK = '<secret>';

/** Of the length of a secret: shorter ones are words that stand in any text. */
export const LEAST = 6;
