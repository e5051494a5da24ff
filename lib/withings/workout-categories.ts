import names from './workout-categories.json'

/** The kinds of sport that Withings tells apart (withings-api.md §5.4). */
const categories: Readonly<Record<string, string>> = names

/** Name of a category, `category_<n>` for one that nobody knows yet: Withings adds some every year. */
export function workoutCategory(category: number): string {
  return categories[category] ?? `category_${category}`
}
