// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/x509_vfy.h>

#include <string>
#include <vector>

namespace lkdoctor::net {

/// The system's roots, as SSL_CERT_FILE and SSL_CERT_DIR of the environment may move them, and `ca_files`: to
/// verify with. Reading them costs more than a handshake does, so the store of the last call is kept, by
/// thread, as long as none of these files has changed. It stands until the thread's next call. Files that
/// cannot be read add nothing.
X509_STORE* trust_store(const std::vector<std::string>& ca_files);

}  // namespace lkdoctor::net
