//go:build linux && !race && !msan && !asan

package socket

import (
	"syscall"
	"unsafe"
)

// rawRead is syscall.Read for a descriptor that does not block. Telling the scheduler of a call that may block costs 60
// ns, and an echo makes three calls. A buffer holds bufferSize bytes, so a call is short.
//
// Under the race detector the calls of package syscall are used: they tell it that what one side writes happens before
// what the other side reads.
func rawRead(fd uintptr, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// rawWrite is syscall.Write for a descriptor that does not block. The kernel copies what it takes, which for megabytes
// takes so long that others who could run, and the collector, must not be kept waiting: the scheduler is told then.
func rawWrite(fd uintptr, b []byte) (int, error) {
	if len(b) > bufferSize {
		return syscall.Write(int(fd), b)
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
