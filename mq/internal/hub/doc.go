// Package hub keeps the books of one subscription inside one process: who is attached, in which order, and which
// message was delivered to whom and is still open. Engines use it for what their queue does not know, because it has no
// notion of a consumer that is connected here: an exclusive or failover subscription, the end of exactly one delivery
// by an acknowledgement from anywhere, redelivery when a consumer leaves, the ack timeout.
//
// A hub calls the engine and the subscribers of Settled without holding its lock, so both may call back into it. It
// starts no goroutine; the ack timeout is one timer per attachment that has one and open deliveries.
package hub
