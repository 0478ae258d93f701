//! `#[derive(Attributes)]`: a struct that holds the values of a request.

use crate::options::{Options, plain};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Result, Type, parse_quote};

/// A field of the struct that is part of the request.
struct Field<'i> {
    ident: &'i syn::Ident,
    ty: &'i Type,
    /// The name of its attribute, or `None` if its own fields stand in its place.
    name: Option<String>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(
            &input.ident,
            "`Attributes` is derived for structs: `Symbols` is for enums",
        ));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new_spanned(&input.ident, "`Attributes` needs a struct with named fields"));
    };
    let own = Options::new(&input.attrs)?;
    let mut fields = Vec::new();
    for field in &named.named {
        let options = Options::new(&field.attrs)?;
        let Some(ident) = field.ident.as_ref().filter(|_| !options.skip) else { continue };
        let plain = plain(ident);
        let renamed = options.rename.unwrap_or_else(|| match own.rename_all {
            Some(convention) => convention.field(&plain),
            None => plain,
        });
        fields.push(Field { ident, ty: &field.ty, name: (!options.flatten).then_some(renamed) });
    }

    let mut generics = input.generics.clone();
    for field in fields.iter().filter(|_| input.generics.type_params().next().is_some()) {
        let ty = field.ty;
        generics.make_where_clause().predicates.push(parse_quote!(#ty: ::placet::Attributes));
    }
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();
    let ident = &input.ident;
    let type_name = plain(ident);

    let describe = fields.iter().map(|Field { ident, ty, name }| {
        let field_name = plain(ident);
        let name = match name {
            Some(name) => quote!(::core::option::Option::Some(#name)),
            None => quote!(::core::option::Option::None),
        };
        // With the field's span, `line!` is the line of the field.
        quote_spanned! {ty.span()=>
            <#ty as ::placet::Attributes>::describe(
                &place.field(#type_name, #field_name, #name, ::core::file!(), ::core::line!()), fields,
            );
        }
    });
    let read =
        fields.iter().map(|Field { ident, .. }| quote!(::placet::Attributes::read(&self.#ident, reader);));
    let missing =
        fields.iter().map(|Field { ty, .. }| quote!(<#ty as ::placet::Attributes>::read_missing(reader);));
    let counts = fields.iter().map(|Field { ty, .. }| quote!(<#ty as ::placet::Attributes>::COUNT));
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::placet::Attributes for #ident #type_generics #where_clause {
            const COUNT: usize = 0 #(+ #counts)*;

            fn describe(place: &::placet::typed::Place<'_>, fields: &mut ::placet::typed::Fields) {
                #(#describe)*
            }

            #[inline(always)]
            fn read<R: ::placet::typed::Reader>(&self, reader: &mut R) {
                #(#read)*
            }

            #[inline]
            fn read_missing<R: ::placet::typed::Reader>(reader: &mut R) {
                #(#missing)*
            }
        }
    })
}
