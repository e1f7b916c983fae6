// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/bio.h>

#include <deque>
#include <lkdoctor/bytes.hpp>
#include <optional>

namespace lkdoctor::proto {

/// What OpenSSL reads from and writes to: one datagram in, any number out. A memory BIO would merge what is
/// written into datagrams longer than the MTU.
struct DatagramPort {
  std::optional<Bytes> in;
  std::deque<Bytes> out;
};

/// A BIO over `port`, which must outlive it. Owned by whoever it is given to (SSL_set_bio).
BIO* make_datagram_bio(DatagramPort& port);

}  // namespace lkdoctor::proto
