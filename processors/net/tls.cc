#include "processors/net/tls.h"

namespace weir::net {

namespace ssl = boost::asio::ssl;

Result<ssl::context> make_tls(const TlsFiles& files) {
  ssl::context context(ssl::context::tls_server);
  boost::system::error_code error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                          ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                      error);
  context.use_certificate_chain_file(files.certificate, error);
  if (error)
    return fail(ErrorCode::invalid_argument,
                "{}: cannot be used as http.tls.certificate, a PEM file with the chain: {}",
                files.certificate, error.message());
  context.use_private_key_file(files.key, ssl::context::pem, error);
  if (error)
    return fail(ErrorCode::invalid_argument,
                "{}: cannot be used as http.tls.key, the PEM private key of {}: {}", files.key,
                files.certificate, error.message());
  return context;
}

}  // namespace weir::net
