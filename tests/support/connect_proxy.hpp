// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/proxy.hpp>

#include "support/servers.hpp"

namespace lkdoctor::test {

/// A forward proxy that opens every tunnel, whatever name is asked for, to one `origin`.
class ConnectProxy {
 public:
  explicit ConnectProxy(Endpoint origin);
  ConnectProxy(Endpoint origin, ServerTls tls);
  net::Proxy proxy() const;
  std::string url() const;
  std::string asked() const;  ///< the head of the last CONNECT

 private:
  struct Seen;
  std::shared_ptr<Seen> seen_;
  bool tls_ = false;
  Server server_;
};

}  // namespace lkdoctor::test
