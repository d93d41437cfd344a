package reactive

import "context"

// ToChan subscribes to the stream and sends its values to a channel of that capacity (at least 0), which is closed when
// the stream ends or ctx does. End says how: nil on completion, the failure of the stream, or the cause of ctx. It waits
// for the channel to be closed, so it belongs behind the loop that reads:
//
//	values, end := stream.ToChan(ctx, 16)
//	for v := range values { ... }
//	if err := end(); err != nil { ... }
//
// The source is never more than capacity and one value ahead of the reader. A goroutine sends; a reader that stops before
// the channel is closed must see to it that ctx ends, or the goroutine and the subscription stay. What is in the channel
// then can still be read, and up to one value that was on its way is lost. A plain range loop is better served by
// [Flux.All], which needs neither.
//
//	--1--2--|  ->  1 and 2 in the channel, which is closed; end returns nil
func (f Flux[T]) ToChan(ctx context.Context, capacity int) (values <-chan T, end func() error) {
	ch, ended := make(chan T, max(0, capacity)), make(chan struct{})
	var err error
	go func() {
		defer close(ended)
		defer close(ch)
		err = f.send(ctx, ch)
	}()
	return ch, func() error {
		<-ended
		return err
	}
}

// send sends all values and returns how the stream ended.
func (f Flux[T]) send(ctx context.Context, ch chan<- T) error {
	for v, err := range f.All(ctx) {
		if err != nil {
			return err
		}
		select {
		case ch <- v:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
