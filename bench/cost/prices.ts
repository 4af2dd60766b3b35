/**
 * On-demand list prices of us-east-1 in US dollars, without free tiers and discounts, as they were known
 * on 2026-11-28. Those of DynamoDB and Lambda were compared with what others published in 2025 and 2026; the
 * price pages themselves were not read. Check there: https://aws.amazon.com/lambda/pricing/ ,
 * https://aws.amazon.com/api-gateway/pricing/ , https://aws.amazon.com/sqs/pricing/ ,
 * https://aws.amazon.com/dynamodb/pricing/on-demand/ , https://aws.amazon.com/secrets-manager/pricing/ ,
 * https://aws.amazon.com/cloudwatch/pricing/ and https://aws.amazon.com/xray/pricing/
 */
export const PRICES = {
  region: 'us-east-1',
  asOf: '2026-11-28',
  /** A request of an HTTP API, of up to 512 KiB. */
  apiRequest: 1 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** Of a function on arm64. */
  lambdaGbSecond: 0.0000133334,
  /** A request of a standard queue; each 64 KiB of payload count as one. */
  sqsRequest: 0.4 / 1e6,
  sqsFifoRequest: 0.5 / 1e6,
  dynamoDbWriteUnit: 0.625 / 1e6,
  dynamoDbReadUnit: 0.125 / 1e6,
  /** A secret for a month. */
  secretMonth: 0.4,
  secretsManagerRequest: 0.05 / 1e4,
  /** Taking in a gigabyte of logs. */
  logGigabyte: 0.5,
  /** A custom metric for a month. */
  metricMonth: 0.3,
  xRayTrace: 5 / 1e6,
} as const

/** Seconds of a month of 730 hours, by which AWS counts. */
export const MONTH_S = 730 * 3_600
