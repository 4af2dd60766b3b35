"""Moto's server, in the two ways in which it must be like AWS for a test that is right to pass.

Its sequence numbers ascend in the order of sending, as those of SQS do. Moto makes them of random
digits. Events that are accepted in one millisecond are ordered by them.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

Its tables decide on a condition and write in one step, as DynamoDB does. Moto's threads do it in
two steps: of several writers of one item at once, now and then two win.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from itertools import count
from threading import Lock

from moto.dynamodb.responses import DynamoHandler
from moto.server import main
from moto.sqs.models import Message

# SQS gives 20 digits, and the next number is not the next integer.
numbers = count(10**18, 256)


def read(message):
    return message.ascending_number


def replace(message, given):
    """Moto gives None first, and digits to each message of a FIFO queue when it is sent."""
    message.ascending_number = given and f"{next(numbers):020}"


Message.sequence_number = property(read, replace)

carry_out = DynamoHandler.call_action
one_at_a_time = Lock()


def carry_out_alone(handler):
    with one_at_a_time:
        return carry_out(handler)


DynamoHandler.call_action = carry_out_alone

if __name__ == "__main__":
    main()
