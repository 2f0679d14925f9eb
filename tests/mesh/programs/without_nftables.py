"""Runs a program that the kernel does not let speak to nftables: a seccomp filter answers EPERM."""

import ctypes
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
SOCKET = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
AF_NETLINK, NETLINK_NETFILTER, EPERM = 16, 12, 1
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | EPERM

# struct seccomp_data: the system call's number at 0, its arguments from 16 on, 8 bytes each.
FILTER = [
    (LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 5, SOCKET),
    (LOAD, 0, 0, 16), (JUMP_IF_EQUAL, 0, 3, AF_NETLINK),
    (LOAD, 0, 0, 32), (JUMP_IF_EQUAL, 0, 1, NETLINK_NETFILTER),
    (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW),
]

libc = ctypes.CDLL(None, use_errno=True)
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in FILTER))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(FILTER), ctypes.addressof(code)))
assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) == 0, ctypes.get_errno()
os.execv(sys.argv[1], sys.argv[1:])
