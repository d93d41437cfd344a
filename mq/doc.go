// Package mq is the port between message queues and those who use them: a [Broker] opens producers, consumers and
// readers, and each of them is a stream in the sense of package reactive.
//
// # Vocabulary
//
// The words are Apache Pulsar's. A topic ([TopicName]) is a log of messages, each with a [MessageID] that orders it. A
// subscription is a stored position in a topic together with what was delivered and not yet acknowledged; the consumers
// attached to it share its messages as its [SubscriptionType] says. A reader has no stored position. A message that was
// delivered is open until it is acknowledged (done with), refused (it comes again, counted as a redelivery), or its
// consumer leaves (it comes again at once, not counted).
//
// # Demand
//
// Demand is the only flow control. A consumer's Messages flow pulls from the engine exactly what its subscriber
// requested; a producer's Publish flow asks for exactly as many messages as receipts were requested, up to MaxPending.
// Nobody holds a queue of their own. A window of n open deliveries, which is what Pulsar calls receiverQueueSize, is
// demand that comes back with each delivery that ends:
//
//	window := reactive.Merge(reactive.Just[int64](n), consumer.Settled())
//	deliveries := reactive.Permits(consumer.Messages(), window)
//
// # Ends
//
// Publishing confirms each message by a [Receipt], in order; a message that fails is a receipt with an error and ends
// nothing. What was opened ends by its own Close, or by the broker's, with [ErrClosed]; nothing else that a caller did
// wrong ends a flow. Errors wrap the sentinels of this package, often inside an [Error] that says where.
//
// # Engines
//
// An engine implements [Broker] and says in [Features] what it promises; package mqtest holds it to that. The engines
// know this package and nothing above it.
//
//	                              memory            jetstream
//	Exclusive, Shared, Failover   yes               yes
//	Key_Shared                    no                no
//	ack timeout, nack with delay  yes               yes
//	delayed messages              yes, for Shared   yes, for all, up to 250 ms late
//	non-persistent topics         yes               no
//	what was confirmed survives   nothing           the end of the process, however it ends;
//	                                                the end of power with Config.SyncAlways
//	topics keep their messages    to a limit        until the store is full
//
// The pages of the engines say more.
package mq
