// Package gateway serves Apache Pulsar's WebSocket API in front of any [mq.Broker]: clients written for Pulsar connect,
// publish and consume without a change.
//
//	g, err := gateway.New(broker, gateway.Config{})
//	if err != nil { ... }
//	http.ListenAndServe(":8080", g.Handler())
//
// # Sockets
//
//	/ws/v2/producer/{domain}/{tenant}/{namespace}/{topic}                  text frames are publish requests, each is answered
//	/ws/v2/consumer/{domain}/{tenant}/{namespace}/{topic}/{subscription}   deliveries go out, acknowledgements come in
//	/ws/v2/reader/{domain}/{tenant}/{namespace}/{topic}                    messages go out, any frame asks for one more
//	/ws/producer, /ws/consumer, /ws/reader                                 as in Pulsar 1.x, with a cluster before the namespace
//
// {domain} is persistent, or non-persistent if the engine has such topics. Topic and subscription are decoded once, %2F
// to a slash and + to a blank.
//
// Everything is created before the handshake is answered: a socket that is open works, and a request that cannot be
// served gets an HTTP status. Package wire has the frames.
//
// # Demand
//
// A consumer or reader in push mode has a window of receiverQueueSize deliveries; an acknowledgement, a negative one or
// an ack timeout makes room for the next. In pull mode (pullMode=true) permits are the demand, as long as fewer than
// [Config.MaxUnacked] deliveries (50,000) are open; beyond that they wait for acknowledgements. Both are what the engine
// is asked for, and nothing is fetched ahead. A producer's socket is read as long as fewer than maxPendingMessages
// requests are unanswered, and fewer than 8 MiB of them: payload, context, key and properties count from the moment that
// a request is decoded until its reply goes out. The request that goes beyond that is taken, so that none is too large. A
// client that does not read its replies is not read from either.
//
// A client that does not read costs the gateway at most, beside what the kernel buffers: [socket.Config.SendWindow]
// messages (64) that the engine was asked for, or replies, which are as large as the contexts in them, and
// [socket.Config.MaxQueuedBytes] (1 MiB) of frames in its session's queue; a producer the unanswered requests besides.
// Nothing else waits for it in memory, however much is published and whatever it was granted.
//
// # Parameters
//
// They are read by Java's rules: of a repeated one the first counts, booleans are true for "true" in any case and false
// for everything else, numbers have 32 bits unless noted. What does not fit is 400.
//
//	producer   producerName, sendTimeoutMillis, maxPendingMessages (only with batchingEnabled)
//	consumer   subscriptionType, subscriptionMode, subscriptionInitialPosition, receiverQueueSize, consumerName,
//	           ackTimeoutMillis, negativeAckRedeliveryDelay, maxRedeliverCount, deadLetterTopic, pullMode
//	reader     readerName, receiverQueueSize, messageId
//
// Checked as in Pulsar, and without effect:
//
//	producer   initialSequenceId (64 bits), hashingScheme, messageRoutingMode, compressionType, batchingEnabled, and with
//	           that batchingMaxMessages, batchingMaxPublishDelay: engines batch as they see fit, and topics have no partitions
//	consumer   priorityLevel
//	all        cryptoFailureAction (any value), token (authentication is the socket's, see [Config])
//
// Refused: encryptionKeys with 400, because to ignore it would store in the clear what was to be encrypted; with 501
// what the engine does not have ([mq.Features]): subscription types, ack timeouts, non-persistent topics.
//
// # Differs from Pulsar, on purpose
//
// Compared with Pulsar 4.2.4. Where it answers with an error that names Java classes, the text here is a sentence.
//
//	subject                                  Pulsar                                   here
//	v1 URLs                                  404 since 4.2                            served, as documented before
//	malformed command to a consumer or       nothing visible (tries to close with     close 4003 "Failed to de-serialize from JSON", as
//	reader                                   the illegal code 3); on a reader the     documented; frees nothing
//	                                         frame frees a slot
//	command that cannot be carried out:      close 1011 with the text of a Java       close 4003
//	null, no id, an id that is not Base64    exception
//	unparsable path, slash in a topic, bad   500 with a stack trace                   400 with what was expected
//	receiverQueueSize of a reader,
//	encryptionKeys
//	further segments after the topic         dropped in silence                       400; a trailing slash is harmless
//	upgrade with another version than 13     405                                      426, with the version that is spoken
//	permit of 0 or less                      one message is delivered and owed        close 4003
//	permit without a number in push mode     ignored                                  close 4003, as in pull mode
//	duplicate or foreign acknowledgement     frees a slot, the window grows           frees a slot once, for a delivery of this socket
//	window after an ack timeout              stalls for ever                          recovers with the redelivery
//	reader with receiverQueueSize=0          opens, delivers nothing                  a window of 1, as for a consumer
//	full producer queue                      further requests fail at once            the socket is not read until there is room
//	replies                                  a failed validation overtakes            in the order of the requests
//	unknown tenant or namespace              404                                      created on first use, unless [Config] lists the
//	                                                                                  namespaces: then 404
//	isEndOfTopic after unsubscribe, or when  what the proxy's consumer knew last      not answered, and logged; the socket stays open
//	the engine cannot tell
//	null as the value of a property          close 1011                               send-error:3 for that message
//	messages of a consumer that its socket   up to receiverQueueSize more are held    none: the engine is asked for what is granted
//	has no credit for                        back by the proxy
//	permessage-deflate                       accepted when offered                    not negotiated
//	Origin of another site                   accepted                                 403 unless allowed ([socket.Config])
//	pings, idle timeout                      none by default; 300 s without traffic   every 30 s; 90 s without a sign of life,
//	                                                                                  300 s with the command fluxsocket
//	client that takes no bytes               kept                                     cut after 30 s ([socket.Config]),
//	                                                                                  300 s with the command fluxsocket
//	redeliveryCount after a nack on an       0: the broker does not count there       1, as on Shared: whoever refuses a message finds it
//	Exclusive subscription                                                            counted, and maxRedeliverCount works with every type
//	dead letters                             moved when refused once too often        moved when they would come once too often: after
//	                                                                                  negativeAckRedeliveryDelay
//
// Not served, with 404 as the answer: multi-topic consumers (/ws/v3/consumer) and the statistics REST API
// (/admin/v2/proxy-stats, or /admin/proxy-stats of 1.x). There is no encryption, and there are no partitioned topics.
package gateway
