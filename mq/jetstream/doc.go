// Package jetstream is the persistent engine behind package mq: NATS JetStream, embedded in the process.
//
//	broker, err := jetstream.Open(ctx, jetstream.Config{StoreDir: "/var/lib/fluxsocket"})
//
// The server runs inside the process and is reached through memory; it opens no port, reads no configuration and handles
// no signals. It starts in a few milliseconds.
//
// # What is promised
//
//   - A message that was confirmed to its producer survives the end of the process, however it ends (kill -9), and is
//     delivered in the order in which it was confirmed.
//   - A subscription delivers every message at least once. A message that was not acknowledged when the process ended
//     is delivered again when the first consumer attaches after the restart.
//   - Demand is exact: the server is asked for as many messages as were requested, and for no more, at any time.
//   - A message that was on its way to a consumer that cancelled or closed goes back to its subscription, with the
//     redelivery count that it had. What an Exclusive or Failover consumer leaves comes to the next one in the order of
//     the topic.
//
// # What is not
//
//   - A loss of power, or of the operating system, loses what was written since the disk was last synced: up to
//     Config.SyncInterval, and topics and subscriptions made in the last half minute as a whole. With
//     Config.SyncAlways nothing that was confirmed is lost, and a publish costs an fsync, which all topics share.
//   - Acknowledgements are written every tenth of a second. After kill -9 the messages acknowledged just before may be
//     delivered once more. An orderly Close writes them all.
//   - Refusals (nacks) are counted in the process. After a restart the server's count of deliveries takes their place,
//     which includes those that were given back by a closed consumer. A delay that was asked for with a refusal ends
//     with the process.
//   - A delayed message (mq.OutMessage.DeliverAt) takes its place in the topic when it is due. So its receipt has an
//     id of its own, which is not the id that it is delivered with; readers and subscriptions of all types see it when
//     it is due, never before and up to 250 ms late; and its PublishTime is that moment. A delayed message still comes
//     after its topic was terminated.
//   - Key_Shared subscriptions and non-persistent topics do not exist here.
//   - Nothing is deleted: topics keep all messages until the store is full.
//   - A topic whose file could not be written once, on a disk that is full for instance, takes no messages until the
//     engine is opened again, even if there is room again: publishing fails with [mq.ErrUnavailable], and so does
//     Health. Of the messages that were not confirmed at that moment some may be stored. Reading goes on, and so do the
//     other topics.
//
// # The store
//
// Everything is in Config.StoreDir, which belongs to one engine at a time: it holds a lock on the file fluxsocket.lock,
// and a second one gets an error that names the process. The rest is JetStream's own layout, in the directory jetstream.
// A copy of the directory made while no engine runs is a backup.
//
// A topic is one stream, a subscription one of its consumers. Their names are hashes, so that no name that a client
// makes up is too long or has a meaning for the server; the real names stand in the metadata.
//
//	stream          P<hash of the topic's full name>
//	  metadata      fs.topic       the full name
//	                fs.ledger      its incarnation: milliseconds since 1970 when it was made
//	                fs.terminated  when it was terminated
//	  subjects      fs.<hash of tenant and namespace>.<hash of the full name>.
//	                  m       messages
//	                  d.<id>  delayed messages until they are due
//	consumer        S<hash of the subscription's name>
//	  metadata      fs.subscription  the name
//
// A message's body is the payload. Key, properties and event time are one header, Fs-M, or stand before the payload if
// they are longer than a header may be, which the header Fs-P says.
//
// The id of a message has the topic's incarnation as its ledger and the stream's sequence as its entry. An id of a topic
// that was deleted and made again is therefore refused, not mistaken.
//
// # Why raw pull requests
//
// The NATS client offers ways to consume that fetch ahead, or that ask again on their own clock. Here demand is the only
// flow control, so a request for n messages is one pull request for n, made when the one before is served; what is
// requested meanwhile is added up. Acknowledgements name the message by its sequence, so they need no delivery at hand
// and work through any consumer and after any restart. What JetStream has no notion of, because it does not know who is
// connected, is done in this process: exclusive and failover subscriptions, timeouts, redelivery when a consumer leaves.
//
// The server never redelivers by itself: its own timer is set to a year. What an ended process had open is found by
// giving back everything between the oldest open message and the newest delivery, which does nothing to the others.
//
// Messages are delivered on the goroutine that the NATS client has for a consumer or reader, receipts on the one that it
// has for a producer. A signal that blocks holds up that flow, and the receipts of the producer.
package jetstream
