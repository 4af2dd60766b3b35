import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  TableEncryptionV2,
  type TablePropsV2,
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
import type { DeploymentSettings } from '../deployment-settings.ts'

export interface RelayTablesProps {
  /** The names of tables that an earlier deployment left; CloudFormation chooses the others. */
  readonly names: DeploymentSettings['names']
  /** Whether nobody can delete them, by the console or otherwise. */
  readonly deletionProtection: boolean
}

/** The tables, as the stores in `adapters/aws` rely on them. They outlive the stack. */
export class RelayTables extends Construct {
  readonly config: TableV2
  readonly state: TableV2
  readonly ledger: TableV2

  constructor(scope: Construct, id: string, { names, deletionProtection }: RelayTablesProps) {
    super(scope, id)
    const create = (id: string, definition: TableDefinition, tableName: string | undefined) =>
      createTable(this, id, definition, {
        deletionProtection,
        ...(tableName !== undefined && { tableName }),
      })
    this.config = create('Config', CONFIG_TABLE, names.configTable)
    this.state = create('State', STATE_TABLE, names.stateTable)
    this.ledger = create('Ledger', LEDGER_TABLE, names.ledgerTable)
  }
}

function createTable(
  scope: Construct,
  id: string,
  definition: TableDefinition,
  props: Pick<TablePropsV2, 'tableName' | 'deletionProtection'>,
): TableV2 {
  const { partition, sort } = definition.key
  return new TableV2(scope, id, {
    ...props,
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
  { name, key, projected }: IndexDefinition,
  common: readonly string[],
): GlobalSecondaryIndexPropsV2 {
  return {
    indexName: name,
    partitionKey: text(key.partition),
    sortKey: text(key.sort),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: [...(projected ?? common)],
  }
}

function text(name: string) {
  return { name, type: AttributeType.STRING }
}
