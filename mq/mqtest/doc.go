// Package mqtest is the conformance suite of package mq. Whoever writes an engine runs it:
//
//	func TestConformance(t *testing.T) {
//		mqtest.Run(t, mqtest.Engine{Open: func(t *testing.T) mq.Broker { ... }})
//	}
//
// The suite asks the engine for its [mq.Features] and leaves out what is not promised. Every test has a broker and
// topics of its own.
//
// Tests wait for what must happen and never for time to pass. That something does not happen is checked against a
// witness: a reader of the same topic that must have got everything published so far, while the one under test must not
// have got more than it was entitled to. A signal that breaks a rule of Reactive Streams, such as a message beyond the
// demand, fails the test whenever it comes (package reactivetest).
package mqtest
