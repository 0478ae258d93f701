//! The options of `#[placet(…)]` and `#[serde(…)]` on a struct, a field, an enum or a variant.

use crate::rename::Convention;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Result, Token, punctuated::Punctuated};

/// The options of one item.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The name instead of the item's own.
    pub(crate) rename: Option<String>,
    /// The convention for the names of the fields or variants.
    pub(crate) rename_all: Option<Convention>,
    /// True if the item isn't part of the request.
    pub(crate) skip: bool,
    /// True if the fields of the nested struct stand beside the others.
    pub(crate) flatten: bool,
}

impl Options {
    /// Reads the options. Those of placet go before those of serde, of which the ones for serialising count.
    ///
    /// # Errors
    /// If placet's options are unknown or malformed. Other options of serde are serde's concern.
    pub(crate) fn new(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self::default();
        for of_placet in [false, true] {
            let name = if of_placet { "placet" } else { "serde" };
            for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
                for meta in list(attribute)? {
                    let known = options.read(&meta)?;
                    if of_placet && !known {
                        let help = "`rename = \"…\"`, `rename_all = \"…\"`, `skip` or `flatten`";
                        return Err(Error::new_spanned(meta, format!("expected {help}")));
                    }
                }
            }
        }
        Ok(options)
    }

    /// Reads one option. Returns false if there is no such option.
    fn read(&mut self, meta: &Meta) -> Result<bool> {
        let path = meta.path();
        let is = |name: &str| path.is_ident(name);
        match meta {
            Meta::Path(_) if is("skip") || is("skip_serializing") => self.skip = true,
            Meta::Path(_) if is("flatten") => self.flatten = true,
            Meta::NameValue(pair) if is("rename") => self.rename = text(&pair.value).map(|text| text.value()),
            Meta::NameValue(pair) if is("rename_all") => {
                self.rename_all = text(&pair.value).map(|text| convention(&text)).transpose()?;
            }
            // `rename(serialize = "…", deserialize = "…")`
            Meta::List(inner) if is("rename") || is("rename_all") => {
                let inner = inner.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
                for meta in inner {
                    let Meta::NameValue(pair) = &meta else { continue };
                    let Some(text) = text(&pair.value).filter(|_| pair.path.is_ident("serialize")) else {
                        continue;
                    };
                    match is("rename") {
                        true => self.rename = Some(text.value()),
                        false => self.rename_all = Some(convention(&text)?),
                    }
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Returns the name of an identifier, without the `r#` of a raw one.
pub(crate) fn plain(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

fn list(attribute: &Attribute) -> Result<Punctuated<Meta, Token![,]>> {
    attribute.parse_args_with(Punctuated::parse_terminated)
}

fn text(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        _ => None,
    }
}

fn convention(text: &LitStr) -> Result<Convention> {
    Convention::named(&text.value()).ok_or_else(|| {
        let known: Vec<String> = Convention::ALL.iter().map(|(name, _)| format!("`{name}`")).collect();
        Error::new(text.span(), format!("expected one of {}", known.join(", ")))
    })
}
