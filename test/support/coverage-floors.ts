/**
 * How much of each folder the tests have to run at least, in percent; CI ends with an error below.
 * What runs only in processes or threads that tests start is not counted. Who raises the coverage
 * of a folder raises its floor: two points below what `npm run test:coverage` shows.
 */
export const COVERAGE_FLOORS = {
  'relay/**': floor(85, 75),
  'adapters/**': floor(75, 65),
  'shipper/**': floor(75, 65),
  'embedded/**': floor(70, 60),
  'functions/**': floor(60, 50),
  'cli/**': floor(40, 30),
  'console/**': floor(80, 60),
} as const

function floor(lines: number, branches: number) {
  return { lines, branches }
}
