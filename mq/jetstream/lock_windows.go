package jetstream

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// flock takes the lock of f without waiting; the system frees it with the process, however that ends. What is locked
// is a byte far behind the end, so that others can still read who holds it.
func flock(f *os.File) (taken bool, err error) {
	const exclusive = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), exclusive, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return true, nil
	}
	return false, err
}
