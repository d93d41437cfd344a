//go:build unix

package jetstream

import (
	"errors"
	"os"
	"syscall"
)

// flock takes the lock of f without waiting; the kernel frees it with the process, however that ends.
func flock(f *os.File) (taken bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
