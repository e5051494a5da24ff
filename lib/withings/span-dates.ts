/** The dates that narrow a run down (design.md §2.4). */
export const DATES = ['startDate', 'endDate'] as const
export type DateField = (typeof DATES)[number]

/** Where a node takes them from; without a type from the message, under their own names. */
export type SpanDates = { [Field in DateField]?: string } & { [Field in `${DateField}Type`]?: string }
