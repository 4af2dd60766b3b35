import { Fn } from 'aws-cdk-lib'
import { FunctionUrl, FunctionUrlAuthType, type IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'

/**
 * An address of a function on the internet, past the API (ADR 0051). Lambda lets everybody call it: the function
 * has to check credentials itself.
 */
export class PublicUrl extends Construct {
  /** Where it is, without a slash at its end. */
  readonly url: string

  constructor(scope: Construct, id: string, props: { readonly function: IFunction }) {
    super(scope, id)
    const authType = FunctionUrlAuthType.NONE
    const { url } = new FunctionUrl(this, 'Url', { function: props.function, authType })
    // It is https://HOST/, and a path is written behind it.
    this.url = Fn.join('', ['https://', Fn.select(2, Fn.split('/', url))])
  }
}
