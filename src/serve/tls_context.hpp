// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "net/tls_server.hpp"
#include "serve/web_config.hpp"

namespace lkdoctor::serve {

struct TlsContextReading {
  net::TlsContext context;  ///< null with a problem
  std::string problem;      ///< "key_file server.key: Permission denied"
};

/// Reads the files that the settings name.
TlsContextReading make_tls_context(const TlsSettings& settings);

}  // namespace lkdoctor::serve
