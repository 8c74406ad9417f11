#!/bin/sh
# Makes base.tar in this folder: a Debian with Python, which stands in for the base image of the Dockerfile. Its
# packages come from where this machine gets its own. Whatever gets mounted on the way is gone when the script ends.
set -eu
if [ -z "${APART:-}" ]; then
    APART=yes exec unshare --mount --propagation private "$0"
fi

release=bookworm
mirror() {
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | head -n 1
}

# Without package lists apt-get does not know whose packages a source has.
[ -n "$(mirror)" ] || apt-get -qq update
[ -n "$(mirror)" ] || { echo "No source of this machine's apt-get has Debian's packages."; exit 1; }
eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
export http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}"

debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$release" root "$(mirror)"
rm -rf root/var/lib/apt/lists/* root/var/cache/apt/*.bin root/var/cache/apt/archives/*.deb
rm -rf root/usr/share/doc root/usr/share/man root/usr/share/locale
tar -C root -cf base.tar .
rm -rf root
