// Package memory is a queue engine inside the process: for tests, for examples and for messages that may be lost. It
// keeps every promise of package mq but persistence and Key_Shared, and is the reference for what the words mean.
//
// A topic is a log; a subscription is a place in it, the deliveries that are open, and what waits to be delivered
// again. Nothing is handed to a consumer before it asked: whoever makes a delivery possible, by publishing, requesting
// or giving back, finds a consumer with demand and calls it, and goes on until none is left. There is no goroutine and
// no queue per consumer. The only timers are those of delayed messages and ack timeouts.
//
// As in Pulsar, a delayed message waits on a Shared subscription only; readers and the other types get it in its place.
package memory
