import { Aws, CfnCondition, Fn } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

/** Partitions whose console is elsewhere, and where. All others are taken for the commercial one. */
const CONSOLES = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
} as const

const COMMERCIAL_CONSOLE = 'console.aws.amazon.com'

/**
 * What differs between the partitions of AWS. A template does not know its partition before it is
 * deployed, so each difference is a condition in it.
 */
export class Partition {
  readonly #scope: Construct

  constructor(scope: Construct) {
    this.#scope = scope
  }

  /**
   * The value where Lambda looks for functions that call themselves, and no property elsewhere: there it
   * is unknown, and stops the deployment.
   * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
   */
  whereRecursionIsDetected(value: string): string {
    const condition = this.#is('aws-cn')
    return Fn.conditionIf(condition.logicalId, Aws.NO_VALUE, value).toString()
  }

  /** The host of the web console. */
  consoleHost(): string {
    return Object.entries(CONSOLES).reduce(
      (others, [partition, host]) =>
        Fn.conditionIf(this.#is(partition).logicalId, host, others).toString(),
      COMMERCIAL_CONSOLE as string,
    )
  }

  #is(partition: string): CfnCondition {
    const id = `Is-${partition}`
    const known = this.#scope.node.tryFindChild(id)
    if (known instanceof CfnCondition) return known
    const expression = Fn.conditionEquals(Aws.PARTITION, partition)
    return new CfnCondition(this.#scope, id, { expression })
  }
}
