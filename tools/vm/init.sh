#!/bin/busybox sh
# First process of the guest: builds its root out of the host's root (read-only, over 9p) and a tmpfs, mounts a pure cgroup v2
# hierarchy, and becomes the job, or systemd with the job as one of its services.
b=/bin/busybox
fail() { $b echo "guest: $*"; $b poweroff -f; }

$b hostname guest
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do $b insmod "$module" || fail "cannot load $module"; done

share=trans=virtio,version=9p2000.L,msize=512000
$b mount -t 9p -o $share,ro,cache=loose host /lower || fail 'cannot mount the root of the host'
$b mount -t tmpfs -o size=80% tmpfs /upper
$b mkdir /upper/data /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /root || fail 'cannot mount the root'

for directory in proc sys dev; do $b mount -o move /$directory /root/$directory; done
$b mount -t tmpfs -o mode=755 tmpfs /root/run
$b mkdir -p /root/dev/pts /root/dev/shm /root/dev/mqueue /root/run/job
$b mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /root/dev/pts
$b mount -t tmpfs tmpfs /root/dev/shm
$b mount -t mqueue mqueue /root/dev/mqueue
$b mount -t 9p -o $share job /root/run/job || fail 'cannot mount the job'
$b mount -t securityfs securityfs /root/sys/kernel/security
$b ifconfig lo up

if $b grep -qw guest.systemd /proc/cmdline /root/proc/cmdline 2>/dev/null; then
  : > /root/etc/fstab
  units=/root/etc/systemd/system
  for unit in tmpfiles-setup tmpfiles-clean udevd udev-trigger journal-flush random-seed sysusers update-utmp networkd-wait-online; do
    $b ln -sf /dev/null $units/systemd-$unit.service
  done
  # Loads profiles of programs that are of no interest here.
  $b ln -sf /dev/null $units/apparmor.service
  $b cat > $units/guest-job.service <<UNIT
[Unit]
Wants=dbus.service
After=dbus.service basic.target
[Service]
ExecStart=/bin/sh /run/job/script
Delegate=yes
StandardInput=null
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
UNIT
  $b cat > $units/guest-job.target <<UNIT
[Unit]
Requires=basic.target guest-job.service
After=basic.target
UNIT
  # systemd mounts /run itself when it is not there; the job's share has to stay reachable.
  exec $b switch_root /root /lib/systemd/systemd --unit=guest-job.target --show-status=false --log-level=warning
fi

# As systemd mounts it.
$b mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /root/sys/fs/cgroup
exec $b switch_root /root /bin/sh /run/job/script
