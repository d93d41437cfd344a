// Package eventloop calls the owners of sockets when these are ready, so that a socket that waits needs no goroutine.
//
// A [Group] has some loops, and a socket belongs to one of them. A loop watches its sockets by an epoll of Linux. It is run
// by one goroutine, which calls one [Source] after the other, so what a source does at once costs no switch between
// goroutines. A source that does not return soon holds up nobody for long: the loop is taken away from the goroutine that is
// stuck in it, and another one goes on with the others. So a source may block as it may on a goroutine of its own.
//
// The goroutine of a loop waits in the poller of the Go runtime, which watches the epoll in turn. So an idle loop holds up
// neither a thread nor the scheduler. A loop begins with its first socket and ends with the last one.
package eventloop
