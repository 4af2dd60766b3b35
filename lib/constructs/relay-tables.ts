import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import {
  CONFIG_TABLE,
  type IndexDefinition,
  LEDGER_TABLE,
  STATE_TABLE,
  type TableDefinition,
  TTL_ATTRIBUTE,
} from '../../adapters/aws/tables.ts'

/** The tables, as the stores in `adapters/aws` rely on them. They outlive the stack. */
export class RelayTables extends Construct {
  readonly config: TableV2
  readonly state: TableV2
  readonly ledger: TableV2

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.config = createTable(this, 'Config', CONFIG_TABLE)
    this.state = createTable(this, 'State', STATE_TABLE)
    this.ledger = createTable(this, 'Ledger', LEDGER_TABLE)
  }
}

function createTable(scope: Construct, id: string, definition: TableDefinition): TableV2 {
  const { partition, sort } = definition.key
  return new TableV2(scope, id, {
    partitionKey: text(partition),
    ...(sort !== undefined && { sortKey: text(sort) }),
    globalSecondaryIndexes: definition.indexes.map((index) => toIndex(index, definition.projected)),
    billing: Billing.onDemand(),
    encryption: TableEncryptionV2.awsManagedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: TTL_ATTRIBUTE,
    removalPolicy: RemovalPolicy.RETAIN,
  })
}

function toIndex(
  { name, key }: IndexDefinition,
  projected: readonly string[],
): GlobalSecondaryIndexPropsV2 {
  return {
    indexName: name,
    partitionKey: text(key.partition),
    sortKey: text(key.sort),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: [...projected],
  }
}

function text(name: string) {
  return { name, type: AttributeType.STRING }
}
