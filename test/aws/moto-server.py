"""Moto's server, whose sequence numbers ascend in the order of sending, as those of SQS do.

Moto makes them of random digits. Events that are accepted in one millisecond are ordered by them,
so with those a test that is right fails now and then.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from itertools import count

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

if __name__ == "__main__":
    main()
