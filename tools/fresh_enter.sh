#!/bin/sh
# Usage: fresh_enter.sh ROOT COMMAND...   in new mount and process namespaces (tools/fresh.py).
# ROOT becomes / with devices, /proc, /sys and /run of its own, then COMMAND runs in it. Not by
# chroot: the kernel refuses user namespaces to whom it has locked in that way.
# This shell is process 1 there; it collects what others leave.
set -eu

root=$1
shift
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir run/lock run/host dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
for device in null zero full random urandom tty; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

pivot_root . run/host
cd /
umount -l /run/host
rmdir /run/host
"$@"
