//! `#[derive(Symbols)]`: an enum whose variants are names of a policy.

use crate::options::{Options, plain};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(
            &input.ident,
            "`Symbols` is derived for enums: `Attributes` is for structs",
        ));
    };
    let own = Options::new(&input.attrs)?;
    let mut variants = Vec::new();
    let mut names = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(variant, "`Symbols` needs variants without fields"));
        }
        let options = Options::new(&variant.attrs)?;
        let plain = plain(&variant.ident);
        names.push(options.rename.unwrap_or_else(|| match own.rename_all {
            Some(convention) => convention.variant(&plain),
            None => plain,
        }));
        variants.push(&variant.ident);
    }
    if variants.is_empty() {
        return Err(Error::new_spanned(&input.ident, "`Symbols` needs at least one variant"));
    }
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let indices = 0..variants.len();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::placet::Symbols for #ident #type_generics #where_clause {
            const NAMES: &'static [&'static str] = &[#(#names),*];

            #[inline]
            fn index(&self) -> usize {
                match self {
                    #(Self::#variants => #indices,)*
                }
            }
        }

        #[automatically_derived]
        impl #impl_generics ::placet::Attributes for #ident #type_generics #where_clause {
            const COUNT: usize = 1;

            fn describe(place: &::placet::typed::Place<'_>, fields: &mut ::placet::typed::Fields) {
                fields.symbol::<Self>(place);
            }

            #[inline]
            fn read<R: ::placet::typed::Reader>(&self, reader: &mut R) {
                reader.symbol(::placet::Symbols::index(self));
            }

            #[inline]
            fn read_missing<R: ::placet::typed::Reader>(reader: &mut R) {
                reader.missing();
            }
        }

        #[automatically_derived]
        impl #impl_generics ::placet::typed::Member for #ident #type_generics #where_clause {
            fn describe(place: &::placet::typed::Place<'_>, fields: &mut ::placet::typed::Fields) {
                fields.symbols::<Self>(place);
            }

            #[inline]
            fn read_all<'m, R: ::placet::typed::Reader>(
                members: impl ::core::iter::Iterator<Item = &'m Self> + ::core::clone::Clone,
                reader: &mut R,
            ) where
                Self: 'm,
            {
                reader.members(members.map(::placet::Symbols::index));
            }
        }
    })
}
